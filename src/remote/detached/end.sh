# Ends a run and everything in its session that it did not put elsewhere; says whether it still runs.
token=$1
spool=
for base in /var/tmp /tmp; do [ -r "$base/hannun-run-$token/pid" ] && { spool=$base/hannun-run-$token; break; }; done
[ -n "$spool" ] || { echo no; exit 0; }
{ read -r pid; read -r born; read -r boot; } <"$spool/pid"
lives() {
  [ ! -e "$spool/status" ] || return 1
  if [ -d /proc/1 ]; then [ "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)" = "$born" ]
  else [ "$(ps -o lstart= -p "$pid")" = "$born" ]; fi
}
lives || { echo no; exit 0; }
kill -s TERM -- "-$pid" 2>/dev/null || kill -s TERM "$pid"
tries=0
while lives && [ "$tries" -lt 5 ]; do sleep 1; tries=$((tries + 1)); done
if lives; then kill -s KILL -- "-$pid" 2>/dev/null || kill -s KILL "$pid"; sleep 1; fi
if lives; then echo yes; else echo no; fi
