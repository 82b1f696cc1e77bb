#!/usr/bin/env bash
# Copies what a Java runtime and derm's natives need of the system into a folder that is laid out as the root of an image without one:
# shared libraries, fontconfig and a font. For machines that build on Debian or Ubuntu with x86-64.
# Usage: system-libraries.sh RUNTIME LIB ROOT
set -euo pipefail
runtime=$1 lib=$2 root=$3
rm -rf "$root"
mkdir -p "$root"/{tmp,data,lib64,usr/share/fonts,etc/fonts,natives}
for jar in "$lib"/javacpp-*-linux-x86_64.jar "$lib"/ffmpeg-*-linux-x86_64.jar "$lib"/onnxruntime-*.jar; do
  (cd "$root/natives" && "$JAVA_HOME/bin/jar" xf "$jar")
done
# Webcams need FFmpeg's device library, and that a sound server's: an image is for streams and files.
natives=$(find "$root/natives" -name '*.so*' ! -name '*avdevice*' -path '*linux*')
fontconfig=$(ldconfig -p | awk '/libfontconfig\.so\.1 .*x86-64/ {print $NF; exit}')
libc=$(dirname "$(ldd /bin/sh | awk '/libc\.so/ {print $3}')")
found() {
  ldd "$@" 2> /dev/null | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | grep -v -e "$runtime" -e "$root" | sort -u
}
for file in $(found $natives "$runtime"/lib/*.so "$runtime"/lib/server/*.so "$fontconfig") "$fontconfig" "$libc"/lib{dl,pthread,rt}.so.? \
  /lib64/ld-linux-x86-64.so.2; do
  mkdir -p "$root$(dirname "$file")"
  cp -L "$file" "$root$file"
done
rm -rf "$root/natives"
cp /etc/fonts/fonts.conf "$root/etc/fonts/"
cp "$(fc-match -f '%{file}' sans:bold)" "$root/usr/share/fonts/"
