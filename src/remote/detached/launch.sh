# Run by root, or by whoever signs in where root is not needed: makes the folder of a run, takes the job and the file into
# it, compares their digests there, and starts the job in a session of its own.
token=$1 owner=$2 group=$3 job=$4 job_digest=$5 place=$6 file_digest=$7 name=$8 supervise=$9
umask 077
digest() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1" | cut -c 1-64
  elif command -v sha256 >/dev/null 2>&1; then sha256 -q <"$1"
  else shasum -a 256 <"$1" | cut -c 1-64; fi
}
give_up() { rm -rf "$spool"; echo "$1" >&2; exit 1; }
# A folder that is there already is none of ours, whoever made it: a run is started once.
for base in /var/tmp /tmp; do
  if [ -e "$base/hannun-run-$token" ] || [ -L "$base/hannun-run-$token" ]; then
    echo "somebody made $base/hannun-run-$token before" >&2
    exit 1
  fi
done
spool=
for base in /var/tmp /tmp; do
  mkdir -m 0700 "$base/hannun-run-$token" 2>/dev/null && { spool=$base/hannun-run-$token; break; }
done
[ -n "$spool" ] || { echo 'no folder could be made in /var/tmp or /tmp' >&2; exit 1; }
cat <"$job" >"$spool/job" || give_up 'the job could not be copied'
[ "$(digest "$spool/job")" = "$job_digest" ] || give_up 'the job is not the one that was sent'
if [ -n "$name" ]; then
  find_folder "hannun-file-$place" "$owner" || give_up 'the file is not there any more'
  cat <"$found/file" >"$spool/$name" || give_up 'the file could not be copied'
  rm -rf "$found"
  [ "$(digest "$spool/$name")" = "$file_digest" ] || give_up 'the file is not the one that was sent: its SHA-256 is another one'
fi
: >"$spool/log" && : >"$spool/after" || give_up 'the log could not be made'
chown "$owner" "$spool/log" "$spool/after" || give_up 'the log could not be given away'
# Whoever signs in looks at what root runs, and nobody else does.
if [ "$(id -u)" != "$owner" ]; then
  chgrp "$group" "$spool" && chmod 0710 "$spool" || give_up 'the folder could not be opened to whoever follows'
fi
if command -v setsid >/dev/null 2>&1; then
  setsid /bin/sh -c "$supervise" sh "$spool" "$name" </dev/null >/dev/null 2>&1 &
else
  # A group of its own, where the shell can do that without a terminal.
  set -m 2>/dev/null
  nohup /bin/sh -c "$supervise" sh "$spool" "$name" </dev/null >/dev/null 2>&1 &
fi
echo started
