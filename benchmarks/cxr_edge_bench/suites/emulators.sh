#!/bin/sh
# Set up what cxr_edge_bench.suites.emulated_cpus needs to run this package on CPUs that one does not own (Debian or Ubuntu).
#
#   sh emulators.sh FOLDER
#
# Installs qemu-user if it is missing (needs root), and unpacks into FOLDER/arm64 an ARM64 Python with the three
# packages of the runtime. Nothing outside FOLDER is changed otherwise. A second run does only what is missing.
set -eu
folder=$(realpath -m "${1:?usage: emulators.sh FOLDER}")
root=$folder/arm64
mkdir -p "$folder/debs" "$root"

command -v qemu-aarch64 >/dev/null || { apt-get -qq update; apt-get -qq install -y qemu-user; }

# An ARM64 Python from the distribution's own packages, unpacked and never installed.
if [ ! -e "$folder/python" ]; then
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
    cp /var/lib/dpkg/status "$folder/apt/status" 2>/dev/null || touch "$folder/apt/status"
    arm="-oAPT::Architecture=arm64 -oAPT::Architectures=arm64 -oDir::State::lists=$folder/apt/lists \
        -oDir::Cache=$folder/apt/cache -oAPT::Sandbox::User=root"
    # shellcheck disable=SC2086 # options, one word each
    apt-get -qq $arm update
    # shellcheck disable=SC2086
    version=$(apt-cache $arm depends python3-minimal | sed -n 's/.*Depends: \(python3\.[0-9]*\)-minimal$/\1/p' | head -n1)
    # shellcheck disable=SC2086
    libraries=$(apt-cache $arm depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
        --no-replaces --no-enhances "$version" libstdc++6 | grep '^[a-z]' | sort -u)
    # shellcheck disable=SC2086
    (cd "$folder/debs" && apt-get -qq $arm download $libraries)
    for package in "$folder"/debs/*.deb; do dpkg-deb -x "$package" "$root"; done
    echo "$version" >"$folder/python"
fi
version=$(cat "$folder/python")

# ONNX Runtime asks the system which core it runs on: a Cortex-A72, as in a Raspberry Pi 4.
mkdir -p "$root/proc" "$root/sys/devices/system/cpu"
{
    for core in 0 1; do
        printf 'processor\t: %s\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU implementer\t: 0x41\n' "$core"
        printf 'CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n\n'
    done
} >"$root/proc/cpuinfo"
for list in possible present; do echo 0-1 >"$root/sys/devices/system/cpu/$list"; done

if [ ! -e "$root/packages/onnxruntime" ]; then
    python3 -m pip install -q --disable-pip-version-check --target "$root/packages" --only-binary=:all: \
        --python-version "${version#python}" --implementation cp \
        --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 \
        numpy pillow onnxruntime
fi
echo "ready: $(qemu-aarch64 -cpu cortex-a72 -L "$root" "$root/usr/bin/$version" -c \
    'import platform; print(platform.machine(), platform.python_version())')"
