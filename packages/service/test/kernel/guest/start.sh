#!/bin/sh
# In the guest, on the machine's own root: loads the story's modules, runs the story, and switches off.
. /run/story.sh
cd /run/repository/packages/service/test/kernel || exit 1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8
export NODE_OPTIONS="--require=$PWD/guest/plain-wasm.cjs"
export CYBORG_TEST_SERVICE_UNDER_KILL="$PWD/dist/service-under-kill.js"
export NODE_COMPILE_CACHE=/tmp/node-compile CYBORG_GUEST_KERNEL="/run/repository/$kernel"
for port in /sys/class/virtio-ports/*; do
  ln -s "/dev/$(basename "$port")" "/run/port-$(cat "$port/name")"
done
busybox ip link set lo up
for module in $story_modules; do
  modprobe -d "$CYBORG_GUEST_KERNEL" "$module" || echo "cannot load $module"
done
/run/repository/node_modules/node/bin/node --disable-warning=ExperimentalWarning --test --test-isolation=none \
  --test-reporter=./guest/report-story.ts --test-reporter-destination=stderr "stories/$story.ts" 2>/run/port-results
echo "the story ended with $?"
# The console is quiet: of programs that were killed for their own faults the kernel tells its log alone.
dmesg | grep -A 60 -E 'segfault|traps:|potentially unexpected fatal signal|Out of memory'
busybox poweroff -f
