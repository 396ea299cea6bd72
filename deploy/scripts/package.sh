#!/usr/bin/env bash
# Packs what stage.sh laid out: `package.sh deb|rpm PROGRAM STAGED DIRECTORY`.
set -euo pipefail
cd "$(dirname "$0")/../.."
kind=$1 program=$2 staged=$(realpath "$3") out=$4
mkdir -p "$out"
out=$(realpath "$out")
name=seamark-$program
version=$(cargo metadata --offline --no-deps --format-version 1 |
  jq -r --arg name "$name" '.packages[] | select(.name == $name) | .version')
description=$(cargo metadata --offline --no-deps --format-version 1 |
  jq -r --arg name "$name" '.packages[] | select(.name == $name) | .description')
# The same bytes from the same commit.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

deb() {
  local root=$work/root
  cp -a "$staged" "$root"
  mkdir "$root/DEBIAN"
  cat >"$root/DEBIAN/control" <<END
Package: $name
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: Seamark <seamark@localhost>
Section: net
Priority: optional
Depends: libc6 (>= 2.36), libgcc-s1, ca-certificates, passwd
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f 1)
Description: $description
END
  printf '/etc/seamark/%s.yml\n/etc/default/%s\n' "$program" "$name" >"$root/DEBIAN/conffiles"
  local script
  for script in postinst prerm postrm; do
    sed "s/@NAME@/$name/g; s/@PROGRAM@/$program/g" "deploy/packaging/deb/$script" >"$root/DEBIAN/$script"
    chmod 755 "$root/DEBIAN/$script"
  done
  (cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group --build "$root" "$out/${name}_${version}_$(dpkg --print-architecture).deb"
}

rpm() {
  command -v rpmbuild >/dev/null || {
    echo "package.sh: rpmbuild is missing; it is in the package \`rpm\` of Debian, \`rpm-build\` of Fedora" >&2
    exit 1
  }
  rpmbuild -bb --quiet --define "_topdir $work" --define "_rpmdir $out" --define "staged $staged" \
    --define "program $program" --define "the_version $version" --define "the_description $description" \
    --define "source_date_epoch_from_changelog 0" --define "clamp_mtime_to_source_date_epoch 1" \
    --define "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" deploy/packaging/seamark.spec
  ls "$out/$name-$version"*.rpm
}

case $kind in
  deb | rpm) "$kind" ;;
  *)
    echo "package.sh: unknown kind \`$kind\`: expected \`deb\` or \`rpm\`" >&2
    exit 1
    ;;
esac
