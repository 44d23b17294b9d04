#!/bin/sh
# Shows a job the folders of a SageMaker container on this machine's own root, then becomes the job.
# Runs in mount and pid namespaces of its own: what it mounts ends with it.
#
# usage: enter_checkout.sh JOB VENV KEY=VALUE... COMMAND...
set -eu
job=$1 venv=$2
shift 2

if [ -n "${ISOLATED:-}" ]; then ip link set lo up; fi
mount -t proc proc /proc

# An overlay gives /opt the folders of a container and changes nothing of the machine's.
mount -t tmpfs tmpfs "$job/scratch"
mkdir "$job/scratch/upper" "$job/scratch/work"
mount -t overlay overlay \
  -o "lowerdir=/opt,upperdir=$job/scratch/upper,workdir=$job/scratch/work" /opt
mkdir -p /opt/ml /opt/argmin/venv
mount --bind "$job/ml" /opt/ml
mount --bind "$venv" /opt/argmin/venv

cd /
exec env -i "$@"
