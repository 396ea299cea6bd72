#!/bin/sh
# The certificate and the logins come from outside, readable for everybody; smtpd insists on files of its own.
set -eu
mkdir -p /run/mail
cp /mail/cert.pem /mail/key.pem /run/mail/
printf 'seamark\t%s\n' "$(smtpctl encrypt "$(cat /mail/password)")" >/run/mail/logins
chmod 600 /run/mail/*
chown opensmtpd /run/mail/logins
exec smtpd -d -f /etc/mail/smtpd.conf
