# Run by root, or by whoever signs in where root is not needed: makes the folder of a run, takes the job and the file into
# it, compares their digests there, and starts the job in a session of its own.
token=$1 owner=$2 job=$3 job_digest=$4 place=$5 file_digest=$6 name=$7 supervise=$8
umask 022
digest() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1" | cut -c 1-64
  elif command -v sha256 >/dev/null 2>&1; then sha256 -q <"$1"
  else shasum -a 256 <"$1" | cut -c 1-64; fi
}
give_up() { rm -rf "$spool"; echo "$1" >&2; exit 1; }
for base in /var/tmp /tmp; do
  [ ! -e "$base/hannun-run-$token" ] || { echo 'this was started before' >&2; exit 1; }
done
spool=
for base in /var/tmp /tmp; do
  mkdir -m 0711 "$base/hannun-run-$token" 2>/dev/null && { spool=$base/hannun-run-$token; break; }
done
[ -n "$spool" ] || { echo 'no folder could be made in /var/tmp or /tmp' >&2; exit 1; }
(umask 077; cat <"$job" >"$spool/job") || give_up 'the job could not be copied'
[ "$(digest "$spool/job")" = "$job_digest" ] || give_up 'the job is not the one that was sent'
if [ -n "$name" ]; then
  for base in /var/tmp /tmp; do [ -e "$base/hannun-file-$place/file" ] && break; done
  (umask 077; cat <"$base/hannun-file-$place/file" >"$spool/$name") || give_up 'the file could not be copied'
  rm -rf "$base/hannun-file-$place"
  [ "$(digest "$spool/$name")" = "$file_digest" ] || give_up 'the file is not the one that was sent: its SHA-256 is another one'
fi
(umask 077; : >"$spool/log"; : >"$spool/after") || give_up 'the log could not be made'
chown "$owner" "$spool/log" "$spool/after" || give_up 'the log could not be given away'
if command -v setsid >/dev/null 2>&1; then
  setsid /bin/sh -c "$supervise" sh "$spool" "$name" </dev/null >/dev/null 2>&1 &
else
  nohup /bin/sh -c "$supervise" sh "$spool" "$name" </dev/null >/dev/null 2>&1 &
fi
echo started
