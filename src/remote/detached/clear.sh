rm -rf "/var/tmp/hannun-run-$1" "/tmp/hannun-run-$1" "/var/tmp/hannun-file-$1" "/tmp/hannun-file-$1"
