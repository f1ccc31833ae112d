if find_folder "hannun-run-$1" "$(id -u)"; then rm -rf "$found"; fi
[ -z "$2" ] || rm -rf "/var/tmp/hannun-file-$2" "/tmp/hannun-file-$2"
