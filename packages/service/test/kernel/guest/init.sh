#!/bin/busybox sh
# First program of a guest: the machine's own root, read-only, with everything that Linux makes laid over it, and
# the repository in /run/repository; then the story. What it has to know is in /story.sh, which the rig writes.
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs dev /dev
. /story.sh
for module in $boot_modules; do $bb insmod "/modules/$module" || echo "cannot load $module"; done
$bb mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 root /root || echo 'cannot mount the root'
$bb mount -o bind "/root$repository" /repository
for place in proc sys dev; do $bb mount -o move "/$place" "/root/$place"; done
for place in tmp run var/lib var/log; do $bb mount -t tmpfs -o mode=1777 tmpfs "/root/$place"; done
$bb mkdir -p /root/dev/pts /root/dev/shm /root/run/repository
$bb mount -t tmpfs tmpfs /root/dev/shm
$bb mount -o move /repository /root/run/repository
$bb cp /story.sh /root/run/story.sh
exec $bb switch_root /root /bin/sh /run/repository/packages/service/test/kernel/guest/start.sh
