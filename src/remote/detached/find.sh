# Finds the folder $1 in /var/tmp or /tmp, if the user $2 made it: anybody may make one of that name, or a link.
find_folder() {
  for base in /var/tmp /tmp; do
    found=$base/$1
    if [ -d "$found" ] && [ ! -L "$found" ] && ls -dn "$found" | { read -r _ _ uid _; [ "$uid" = "$2" ]; }; then return 0; fi
  done
  found=
  return 1
}
