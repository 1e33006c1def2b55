#!/bin/sh
# Makes a fresh local backup (backup.sh), encrypts it, and puts it and its checksum elsewhere.
#
#   scripts/backup-offsite.sh [directory]
#
# Settings, also from /etc/holdfast/env:
#   HOLDFAST_OFFSITE_METHOD                rclone, rsync or copy
#   HOLDFAST_OFFSITE_TARGET                remote:path, user@host:path or a directory
#   HOLDFAST_OFFSITE_AGE_RECIPIENT         age1…; several separated by spaces
#   HOLDFAST_OFFSITE_GPG_RECIPIENT         a key gpg knows and trusts; used where no age recipient is set
#   HOLDFAST_ALLOW_UNENCRYPTED_OFFSITE     true uploads without encryption; refused otherwise
#   and those of backup.sh
#
# Ends with 0 only when archive and checksum are there and, for copy and rclone, read back as they were sent.
set -eu
umask 077

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
env_file=${HOLDFAST_ENV_FILE:-/etc/holdfast/env}
if [ -r "$env_file" ]; then
  given=$(export -p | grep -E '^(export|declare -x) HOLDFAST_' || true)
  set -a
  # shellcheck disable=SC1090
  . "$env_file"
  set +a
  eval "$given"
fi

say() { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >&2; }
fail() { say "$*"; exit 1; }
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is needed for this, and is not installed"; }

method=${HOLDFAST_OFFSITE_METHOD:-}
target=${HOLDFAST_OFFSITE_TARGET:-}
age_recipients=${HOLDFAST_OFFSITE_AGE_RECIPIENT:-}
gpg_recipient=${HOLDFAST_OFFSITE_GPG_RECIPIENT:-}

# Everything that can be refused is refused before anything is made.
[ -n "$target" ] || fail 'HOLDFAST_OFFSITE_TARGET says where to; it is not set'
case $target in -*) fail 'HOLDFAST_OFFSITE_TARGET begins with a dash' ;; esac
case $method in
  rclone | rsync) need "$method" ;;
  copy) ;;
  '') fail 'HOLDFAST_OFFSITE_METHOD is not set: rclone, rsync or copy' ;;
  *) fail "HOLDFAST_OFFSITE_METHOD is $method; rclone, rsync or copy are known" ;;
esac
if [ -n "$age_recipients" ]; then
  need age
  for one in $age_recipients; do
    case $one in age1*) ;; *) fail 'HOLDFAST_OFFSITE_AGE_RECIPIENT is no age recipient (age1…)' ;; esac
  done
elif [ -n "$gpg_recipient" ]; then
  need gpg
elif [ "${HOLDFAST_ALLOW_UNENCRYPTED_OFFSITE:-false}" != true ]; then
  fail 'no recipient is set, and nothing is uploaded unencrypted: set HOLDFAST_OFFSITE_AGE_RECIPIENT, or HOLDFAST_ALLOW_UNENCRYPTED_OFFSITE=true'
fi

local_file=$("$here/backup.sh" "$@") || fail 'no local backup could be made: nothing is uploaded'
[ -f "$local_file" ] || fail 'the local backup is not there'

work=$(mktemp -d -- "$(dirname -- "$local_file")/.holdfast-offsite.XXXXXX")
name=$(basename -- "$local_file")
part=
trap 'rm -rf -- "$work"; [ -z "$part" ] || rm -f -- "$part"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
# What was killed left its own behind.
find "$(dirname -- "$local_file")" -maxdepth 1 -type d -name '.holdfast-offsite.??????' -mtime +1 -exec rm -rf -- {} +

if [ -n "$age_recipients" ]; then
  name=$name.age
  set --
  for one in $age_recipients; do set -- "$@" -r "$one"; done
  age "$@" -o "$work/$name" "$local_file" || fail 'age failed'
elif [ -n "$gpg_recipient" ]; then
  name=$name.gpg
  gpg --batch --yes --quiet --recipient "$gpg_recipient" --output "$work/$name" --encrypt "$local_file" || fail 'gpg failed'
else
  say 'uploading without encryption, as HOLDFAST_ALLOW_UNENCRYPTED_OFFSITE says'
  ln -- "$local_file" "$work/$name" 2>/dev/null || cp -- "$local_file" "$work/$name"
fi
(cd "$work" && sha256sum -- "$name" >"$name.sha256")

# The checksum goes last: an archive without one was not sent whole.
case $method in
  copy)
    mkdir -p -- "$target"
    for each in "$name" "$name.sha256"; do
      part=$target/.$each.part
      cp -- "$work/$each" "$part"
      sync -- "$part" 2>/dev/null || sync
      mv -- "$part" "$target/$each"
      part=
    done
    (cd "$target" && sha256sum --quiet -c "$name.sha256" >&2) || fail 'what was copied does not read back as it was sent'
    ;;
  rsync)
    rsync -- "$work/$name" "$target/" || fail 'rsync failed'
    rsync -- "$work/$name.sha256" "$target/" || fail 'rsync failed'
    ;;
  rclone)
    rclone copyto "$work/$name" "${target%/}/$name" || fail 'rclone failed'
    rclone copyto "$work/$name.sha256" "${target%/}/$name.sha256" || fail 'rclone failed'
    rclone cat "${target%/}/$name" | sha256sum | grep -q "^$(cut -d' ' -f1 <"$work/$name.sha256")" ||
      fail 'what was uploaded does not read back as it was sent'
    ;;
esac
say "put $name at $target"
