umask 077
here=$(mktemp -d /tmp/hannun-job-XXXXXXXXXX) || exit
trap 'rm -rf "$here"' EXIT
printf '%s' "$job" >"$here/job" || exit
$as_root /bin/sh -c "$launch" sh "$token" "$(id -u)" "$(id -g)" "$here/job" "$job_digest" "$place" "$file_digest" "$name" "$supervise"
