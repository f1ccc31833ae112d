# Ends a run and everything in its session that it did not put elsewhere; says whether it still runs.
find_folder "hannun-run-$1" "$(id -u)" || { echo no; exit 0; }
spool=$found
[ -r "$spool/pid" ] || { echo unknown; exit 0; }
{ read -r pid; read -r born; read -r boot; } <"$spool/pid"
case $pid in '' | *[!0-9]*) echo unknown; exit 0 ;; esac
[ "$pid" -gt 1 ] || { echo unknown; exit 0; }
lives() {
  [ ! -e "$spool/status" ] || return 1
  if [ -d /proc/1 ]; then
    [ "$(cat /proc/sys/kernel/random/boot_id)" = "$boot" ] &&
      [ "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)" = "$born" ]
  else [ -n "$born" ] && [ "$(ps -o lstart= -p "$pid")" = "$born" ]; fi
}
# What descends from a process, for shells that could give the run no group of its own.
descend() {
  for child in $(ps -A -o pid= -o ppid= | while read -r one parent; do [ "$parent" != "$1" ] || echo "$one"; done); do
    echo "$child"
    descend "$child"
  done
}
signal() {
  kill -s "$1" -- "-$pid" 2>/dev/null && return
  for one in $(descend "$pid") "$pid"; do kill -s "$1" "$one" 2>/dev/null; done
}
lives || { echo no; exit 0; }
signal TERM
tries=0
while lives && [ "$tries" -lt 5 ]; do sleep 1; tries=$((tries + 1)); done
if lives; then signal KILL; sleep 1; fi
if lives; then echo yes; else echo no; fi
