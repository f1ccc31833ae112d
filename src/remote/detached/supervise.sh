# Stays with the job until it ends, and leaves its exit status. Its pid, its own start and the boot name it for good.
spool=$1 name=$2
umask 022
trap : HUP TERM INT
# Read by whoever follows, and changed by nobody else: what ends the run goes by the pid.
leave() { cat >"$spool/$1.new" && mv "$spool/$1.new" "$spool/$1"; }
if [ -r "/proc/$$/stat" ]; then
  born=$(sed 's/.*) //' "/proc/$$/stat" | cut -d ' ' -f 20)
  boot=$(cat /proc/sys/kernel/random/boot_id)
else
  born=$(ps -o lstart= -p $$)
  boot=
fi
printf '%s\n%s\n%s\n' "$$" "$born" "$boot" | leave pid
file=
[ -z "$name" ] || file=$spool/$name
cd /
/bin/sh "$spool/job" "$file" "$spool/after" </dev/null >>"$spool/log" 2>&1
status=$?
rm -f "$spool/job"
[ -z "$file" ] || rm -f "$file"
printf '%s\n' "$status" | leave status
