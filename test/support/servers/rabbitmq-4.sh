#!/bin/sh
# Installs RabbitMQ 4 of Debian 13 into a folder, on any Linux with debootstrap, and prints the path of its start script, which
# RABBITMQ_SERVER takes. It runs in the folder as its root, so both need the rights of root:
#   RABBITMQ_SERVER=$(test/support/servers/rabbitmq-4.sh /var/cache/rabbitmq-4) npm test -- test/integration/broker
set -eu
folder=${1:?a folder is required}
start=$folder.start
if [ ! -x "$start" ]; then
  debootstrap --variant=minbase --include=rabbitmq-server trixie "$folder" >&2
  # The data of a test is in a temporary folder of the machine. The mounts end with the server.
  cat > "$start" << SCRIPT
#!/bin/sh
exec unshare --mount --propagation private sh -c '
  for name in proc dev tmp; do mount --bind /\$name "$folder/\$name"; done
  exec chroot "$folder" /usr/lib/rabbitmq/bin/rabbitmq-server "\$@"' sh "\$@"
SCRIPT
  chmod +x "$start"
fi
echo "$start"
