#!/bin/sh
# Makes a full backup as one file, holdfast-<UTC>Z.hfbak, checks every byte of it, and keeps the newest.
#
#   scripts/backup.sh [directory]          /var/backups/holdfast unless told otherwise
#
# Where the compose project runs on this machine the backup is made through it, otherwise through `holdfast` on this
# host. Settings come from the environment; /etc/holdfast/env is read first when it is there:
#   HOLDFAST_URL, HOLDFAST_API_KEY         whom to ask and as whom (a super-admin); a sign-in of this user will do
#   HOLDFAST_BACKUP_RETENTION_COUNT        how many to keep in the directory, default 14; 0 keeps all
#   HOLDFAST_ENV_FILE                      read instead of /etc/holdfast/env
#   HOLDFAST_COMPOSE_FILE                  default docker/docker-compose.prod.yml beside this folder
#   HOLDFAST_CLI                           the command of this host, default `holdfast`, else dist/cli.js beside it
#   HOLDFAST_BACKUP_PG_DUMP=true           a dump of the read models beside it, where pg_dump and DATABASE_URL are there
#
# Ends with 0 only when a backup was made, checked, and is in its place. Nothing is deleted before that.
set -eu
umask 077

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
env_file=${HOLDFAST_ENV_FILE:-/etc/holdfast/env}
if [ -r "$env_file" ]; then
  # What the caller said wins over the file.
  given=$(export -p | grep -E '^(export|declare -x) HOLDFAST_' || true)
  set -a
  # shellcheck disable=SC1090
  . "$env_file"
  set +a
  eval "$given"
fi

directory=${1:-/var/backups/holdfast}
keep=${HOLDFAST_BACKUP_RETENTION_COUNT:-14}
compose_file=${HOLDFAST_COMPOSE_FILE:-$here/../docker/docker-compose.prod.yml}

say() { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >&2; }
fail() { say "$*"; exit 1; }

case $keep in
  '' | *[!0-9]*) fail "HOLDFAST_BACKUP_RETENTION_COUNT is no number: $keep" ;;
esac

# Shape A: the project runs, and its gateway can be asked inside.
in_compose() {
  [ -f "$compose_file" ] || return 1
  command -v docker >/dev/null 2>&1 || return 1
  docker compose -f "$compose_file" ps --status running --services 2>/dev/null | grep -qx holdfast
}

host_cli() {
  if [ -n "${HOLDFAST_CLI:-}" ]; then "$HOLDFAST_CLI" "$@"
  elif command -v holdfast >/dev/null 2>&1; then holdfast "$@"
  elif [ -f "$here/../bin/holdfast" ]; then "$here/../bin/holdfast" "$@"
  else fail 'there is no holdfast command on this host: HOLDFAST_CLI names it'
  fi
}

# postgres://user:password@host:port/database; the password goes by the environment, where no other user can read it.
dump_database() {
  address=${DATABASE_URL#*://}
  credentials=${address%@*}
  place=${address##*@}
  case $address in *%*) say 'DATABASE_URL has escaped characters: give PGPASSWORD instead'; return 1 ;; esac
  host=${place%%/*}
  database=${place#*/}
  case $host in *:*) PGPORT=${host##*:} ;; *) PGPORT=5432 ;; esac
  PGUSER=${credentials%%:*} PGPASSWORD=${credentials#*:} PGHOST=${host%:*} PGPORT=$PGPORT \
    PGDATABASE=${database%%\?*} pg_dump --no-password
}

mkdir -p -- "$directory" || fail "cannot make $directory"
directory=$(CDPATH='' cd -- "$directory" && pwd)
# One at a time: two that prune would count each other's. The kernel lets go of it however this ends; the file stays.
command -v flock >/dev/null 2>&1 || fail 'flock is needed for this, and is not installed (util-linux)'
exec 9>"$directory/.holdfast-backup.lock" || fail "cannot write to $directory"
flock -n 9 || fail "another backup into $directory is under way"
# What was killed left its own behind.
rm -rf -- "$directory"/.holdfast-backup.??????

inside=
tidy() {
  rm -rf -- "$work"
  [ -z "$inside" ] || dc rm -rf "$inside" || say "could not remove $inside in the container"
}
dc() { docker compose -f "$compose_file" exec -T holdfast "$@"; }
work=$(mktemp -d -- "$directory/.holdfast-backup.XXXXXX") || fail "cannot write to $directory"
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

if in_compose; then
  say "backing up through the compose project $compose_file"
  inside=/tmp/holdfast-backup.$$
  dc mkdir -m 700 "$inside"
  dc holdfast backup bundle "$inside" >&2 || fail 'the backup failed'
  # A stream that ends early ends in a bundle that is refused below.
  dc tar -C "$inside" -cf - . | tar -C "$work" -xf -
  dc rm -rf "$inside"
  inside=
else
  say "backing up through this host"
  host_cli backup bundle "$work" >&2 || fail 'the backup failed'
fi

file=
for each in "$work"/holdfast-*Z.hfbak; do
  [ -f "$each" ] && file=$each
done
[ -n "$file" ] || fail 'no backup was made'
name=$(basename -- "$file")

# What is listed first lists everything else: checked by tools that know nothing of Holdfast.
mkdir -- "$work/check"
tar -C "$work/check" -xf "$file" || fail "$name is no whole tar"
(cd "$work/check" && sha256sum --quiet -c MANIFEST.sha256 >&2) || fail "$name is not what was made"
rm -rf -- "$work/check"

if [ "${HOLDFAST_BACKUP_PG_DUMP:-false}" = true ]; then
  if command -v pg_dump >/dev/null 2>&1 && [ -n "${DATABASE_URL:-}" ]; then
    if dump_database >"$work/dump.sql"; then
      gzip -c "$work/dump.sql" >"$work/dump.sql.gz"
      mv -- "$work/dump.sql.gz" "$directory/${name%.hfbak}.sql.gz"
    else
      say 'pg_dump failed; the backup does not need it'
    fi
  else
    say 'no pg_dump here, or no DATABASE_URL: no dump beside the backup, which does not need it'
  fi
fi

[ ! -e "$directory/$name" ] || fail "$directory/$name is there already"
sync -- "$file" 2>/dev/null || sync
mv -- "$file" "$directory/$name"
say "made $directory/$name"

# Only files of this script, only here. Never the one just checked: after a clock that was ahead others sort behind it.
if [ "$keep" -gt 0 ]; then
  stamp='holdfast-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z'
  find "$directory" -maxdepth 1 -type f -name "$stamp.hfbak" -exec basename {} \; | grep -vxF -- "$name" | sort -r | tail -n +"$keep" |
    while IFS= read -r old; do
      rm -f -- "$directory/$old" "$directory/${old%.hfbak}.sql.gz"
      say "removed $directory/$old"
    done
fi

printf '%s\n' "$directory/$name"
