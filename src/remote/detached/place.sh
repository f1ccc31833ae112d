umask 077
folder=
for base in /var/tmp /tmp; do
  mkdir -m 0700 "$base/hannun-file-$place" 2>/dev/null && { folder=$base/hannun-file-$place; break; }
done
[ -n "$folder" ] || { echo 'no folder could be made in /var/tmp or /tmp' >&2; exit 1; }
$as_root_fed cat >"$folder/file" && [ "$(wc -c <"$folder/file")" -eq "$size" ] && exit 0
rm -rf "$folder"
echo 'the file did not arrive whole' >&2
exit 1
