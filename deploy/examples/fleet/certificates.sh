#!/bin/sh
# certificates.sh DIRECTORY NAME ADDRESS...: a certificate for a host, signed by an authority of your own.
#
# The authority is made when DIRECTORY has none yet. Its key, ca.key, signs further hosts and belongs on no other
# machine. NAME.pem and NAME.key go to the host, ca.pem to everybody. ADDRESS is what the host is reached by, an IP
# address or a name. What is there already is left alone: a host whose certificate ends (in two years) gets a new one
# when NAME.pem has been removed.
set -eu
if [ "$#" -lt 3 ]; then
  echo "usage: $0 DIRECTORY NAME ADDRESS..." >&2
  exit 2
fi
directory=$1 name=$2
shift 2
umask 077
mkdir -p "$directory"
cd "$directory"

if ! [ -e ca.pem ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 3650 \
    -subj "/CN=Seamark fleet" -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign" 2>/dev/null
fi
if [ -e "$name.pem" ]; then
  echo "$directory/$name.pem is there already" >&2
  exit 0
fi

names=
for address; do
  case $address in
    *:* | *[0-9].[0-9]*[!a-zA-Z]) names="$names,IP:$address" ;;
    *) names="$names,DNS:$address" ;;
  esac
done
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" 2>/dev/null
extensions=$(mktemp)
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "${names#,}" >"$extensions"
openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -out "$name.pem" -days 730 \
  -extfile "$extensions" 2>/dev/null
rm -f "$name.csr" "$extensions"
chmod 644 ca.pem "$name.pem"
echo "$directory/$name.pem"
