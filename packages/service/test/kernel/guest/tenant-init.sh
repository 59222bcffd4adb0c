#!/bin/busybox sh
# First and only program of a machine inside the guest: tells on its serial line what its kernel has found on its PCI
# bus, at first and whenever that has changed.
bb=/bin/busybox
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs dev /dev
before=
while :; do
  now=
  for device in /sys/bus/pci/devices/*; do
    # One may vanish between the two looks.
    read vendor 2>/dev/null <"$device/vendor" && read product 2>/dev/null <"$device/device" || continue
    now="$now ${vendor#0x}:${product#0x}"
  done
  [ "$now" = "$before" ] || echo "found:$now" >/dev/ttyS0
  before=$now
  $bb usleep 200000
done
