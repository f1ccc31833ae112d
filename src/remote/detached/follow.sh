case $owner in root) uid=0 ;; *) uid=$(id -u) ;; esac
find_folder "hannun-run-$token" "$uid" || { echo gone; exit 0; }
spool=$found
state=starting
if [ -r "$spool/pid" ]; then
  { read -r pid; read -r born; read -r boot; } <"$spool/pid"
  state=ended
  if [ -r "/proc/$pid/stat" ]; then
    now=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)
    [ "$now" = "$born" ] && [ "$(cat /proc/sys/kernel/random/boot_id)" = "$boot" ] && state=running
  elif [ ! -d /proc/1 ]; then
    [ -n "$born" ] && [ "$(ps -o lstart= -p "$pid")" = "$born" ] && state=running
  fi
fi
# After the look at the process: what ended in between has left its status by now.
status=
[ -r "$spool/status" ] && { read -r status <"$spool/status"; state=ended; }
size=$(wc -c <"$spool/log" 2>/dev/null || echo 0)
more=$((size - offset))
[ "$more" -ge 0 ] || more=0
[ "$more" -le 262144 ] || more=262144
printf '%s\t%s\t%s\t%s\n' "$state" "$status" "$((size))" "$more"
[ "$more" = 0 ] || tail -c "+$((offset + 1))" "$spool/log" | head -c "$more"
if [ "$state" = ended ] && [ "$((offset + more))" -ge "$size" ]; then cat "$spool/after" 2>/dev/null; fi
exit 0
