#!/bin/sh
# Puts a job into its image, as a container runtime does, then becomes the job.
# Runs in mount and pid namespaces of its own: what it mounts ends with it.
#
# usage: enter_image.sh JOB ROOTFS USER WORKDIR KEY=VALUE... COMMAND...
set -eu
job=$1 rootfs=$2 user=$3 workdir=$4
shift 4
root=$job/root

if [ -n "${ISOLATED:-}" ]; then ip link set lo up; fi

# The image stays as it is: an overlay takes what the job writes, and is gone with it.
mount -t tmpfs tmpfs "$job/scratch"
mkdir "$job/scratch/upper" "$job/scratch/work"
mount -t overlay overlay \
  -o "lowerdir=$rootfs,upperdir=$job/scratch/upper,workdir=$job/scratch/work" "$root"

mkdir -p "$root/proc" "$root/dev" "$root/sys" "$root/tmp" "$root/opt/ml"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir -m 1777 "$root/dev/shm"
mount --bind "$job/ml" "$root/opt/ml"
for file in /etc/resolv.conf /etc/hosts; do
  if [ -e "$file" ]; then
    : > "$root$file"
    mount --bind "$file" "$root$file"
  fi
done

# shellcheck disable=SC2016 # expanded by the shell in the image
exec chroot ${user:+"--userspec=$user"} "$root" \
  /bin/sh -c 'cd "$0" && exec env -i "$@"' "$workdir" "$@"
