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
told=no
[ "$state" = ended ] && [ "$((offset + more))" -ge "$size" ] && told=yes
# All of the log is searched here, because whoever follows keeps only its end. Lines are cut, so that none is too long to be
# held; in two ways, because what one of them cuts in two the other leaves whole.
command -v fold >/dev/null 2>&1 || fold() { cat; }
search() {
  for width in 4096 4157; do tr -d '\000' <"$spool/log" | LC_ALL=C fold -b -w "$width"; echo; done |
    LC_ALL=C grep -i -E -e "$signs" | head -n 1 | head -c 8192
}
sign=
[ "$told" = no ] || [ -z "$signs" ] || sign=$(search)
length=$(printf '%s' "$sign" | wc -c)
printf '%s\t%s\t%s\t%s\t%s\n' "$state" "$status" "$((size))" "$more" "$((length))"
[ "$more" = 0 ] || tail -c "+$((offset + 1))" "$spool/log" | head -c "$more"
printf '%s' "$sign"
[ "$told" = no ] || cat "$spool/after" 2>/dev/null
exit 0
