#!/bin/sh
# Brings a whole instance back from a full backup, with nothing of the suite running. Refuses a data directory that holds
# something, unless told otherwise.
#
#   scripts/restore.sh <file> [--force]    the flag may stand before the file, too
#
# <file> is a full backup (.hfbak, .hfbak.age), or a folder with an off-site copy. What is there is moved aside with
# --force, never deleted. Settings come from the environment; /etc/holdfast/env is read first when it is there:
#   HOLDFAST_DATA                          where the instance is to stand
#   HOLDFAST_RECOVERY_KEY_FILE             the recovery key, as age-keygen wrote it
#   HOLDFAST_ROOT_KEY_FILE                 or the root key; without either it is asked for
#   HOLDFAST_ENV_FILE                      read instead of /etc/holdfast/env
#   HOLDFAST_COMPOSE_FILE                  default docker/docker-compose.prod.yml beside this folder
#   HOLDFAST_CLI                           the command of this host, default `holdfast`, else bin/holdfast beside it
#
# Everything else `holdfast restore instance` knows may follow: --to-seq N, --to-time T, --shards FILE…, --plan.
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
compose_file=${HOLDFAST_COMPOSE_FILE:-$here/../docker/docker-compose.prod.yml}

say() { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >&2; }
fail() { say "$*"; exit 1; }
# With the code of the command, which said what is wrong.
failed() { code=$?; say 'the restore failed'; exit "$code"; }

# The file is the first argument that is neither an option nor what belongs to one.
from=
for each in "$@"; do
  case $each in
    -*) [ -n "$from" ] && break; [ "$each" = --force ] || break ;;
    *) [ -n "$from" ] || from=$each ;;
  esac
done
[ -n "$from" ] || fail "usage: $0 <file> [--force]"
[ -e "$from" ] || fail "there is no $from"
case $from in /*) ;; *) from=$(pwd)/$from ;; esac

# Everything but the file goes on as it came.
is_taken=
for each in "$@"; do
  shift
  if [ -z "$is_taken" ] && { [ "$each" = "$from" ] || [ "$(pwd)/$each" = "$from" ]; }; then
    is_taken=yes
    continue
  fi
  set -- "$@" "$each"
done

has_key=
for each in "$@"; do
  case $each in --identity | --identity=* | --root-key-file | --root-key-file=* | --shards | --shards=*) has_key=yes ;; esac
done
if [ -z "$has_key" ] && [ -n "${HOLDFAST_RECOVERY_KEY_FILE:-}" ]; then
  set -- "$@" --identity "$HOLDFAST_RECOVERY_KEY_FILE"
fi

# Shape A: the project is on this machine. Its services have to be down; the command runs in a container of its own, which
# has the volumes and sees the backup where it lies.
if [ -f "$compose_file" ] && command -v docker >/dev/null 2>&1; then
  dc() { docker compose -f "$compose_file" "$@"; }
  if dc ps --status running --services 2>/dev/null | grep -q .; then
    fail "the compose project runs: docker compose -f $compose_file stop, then once more"
  fi
  say "restoring through the compose project $compose_file"
  set -- --rm -v "$from:$from:ro" holdfast holdfast restore instance --from "$from" "$@"
  [ -z "${HOLDFAST_RECOVERY_KEY_FILE:-}" ] ||
    set -- -v "$HOLDFAST_RECOVERY_KEY_FILE:$HOLDFAST_RECOVERY_KEY_FILE:ro" "$@"
  dc run "$@" || failed
else
  say 'restoring on this host'
  if [ -n "${HOLDFAST_CLI:-}" ]; then cli=$HOLDFAST_CLI
  elif command -v holdfast >/dev/null 2>&1; then cli=holdfast
  elif [ -f "$here/../bin/holdfast" ]; then cli=$here/../bin/holdfast
  else fail 'there is no holdfast command on this host: HOLDFAST_CLI names it'
  fi
  "$cli" restore instance --from "$from" "$@" || failed
fi
