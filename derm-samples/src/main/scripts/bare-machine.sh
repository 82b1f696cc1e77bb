#!/usr/bin/env bash
# Assembles a folder that runs derm's TensorRT runtime on a Linux x86-64 machine with neither Maven nor a registry in reach: jars with the
# natives of that platform alone, without FFmpeg. Needs a JDK, and derm built ('mvn -DskipTests package').
#   bare-machine.sh [--jre] OUT
# --jre links a Java runtime for it, of the JDK at hand, which must be one for Linux x86-64.
set -euo pipefail
with_jre=false
[ "${1:-}" = --jre ] && { with_jre=true; shift; }
out=${1:?usage: bare-machine.sh [--jre] OUT}
target=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../target" && pwd)
[ -f "$target/derm.jar" ] || { echo "bare-machine.sh: $target/derm.jar is not there. Remedy: build derm with 'mvn -DskipTests package'." >&2; exit 1; }
[ ! -e "$out" ] || { echo "bare-machine.sh: $out is there already, expected a new folder. Remedy: remove it or name another." >&2; exit 1; }
jdk=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$target/derm.jar" "$out/"
cp -r "$target/lib" "$out/lib"
[ -d "$target/verify-lib" ] && cp -r "$target/verify-lib" "$out/verify-lib"
# Takes files out of a jar, by extended regular expressions of their paths that they must match and must not match.
slim() {
  local jar=$1 of=$2 keep=$3
  rm -rf "$work/tree"
  mkdir "$work/tree"
  (cd "$work/tree" && "$jdk/bin/jar" xf "$jar" && find . -type f | sed 's|^\./||' | { grep -E "$of" || true; } | { grep -Ev "$keep" || true; } \
    | while IFS= read -r file; do rm -f "$file"; done)
  rm "$jar"
  # M: with the manifest that is among the files.
  "$jdk/bin/jar" cfM "$jar" -C "$work/tree" .
}
# Phantoms are drawn, so that nothing is decoded, the bundled clip neither.
rm -f "$out"/lib/ffmpeg-*-linux-x86_64.jar
slim "$out/derm.jar" '\.mp4$' '^$'
for jar in "$out"/lib/onnxruntime-*.jar; do
  slim "$jar" '^ai/onnxruntime/native/' '^ai/onnxruntime/native/linux-x64/'
done
for jar in "$out"/lib/cuda-*-linux-x86_64.jar; do
  # CUDA's runtime and driver, NVRTC, and those that the presets of TensorRT name.
  slim "$jar" '\.so$' '/libjni(cudart|nvrtc|cublas|cublasLt|cudnn)\.so$'
done

cat > "$out/verify-gpu.sh" <<'END'
#!/usr/bin/env bash
# Proves derm's TensorRT runtime on the GPU at hand: verify-gpu.sh --out DIR, and the other options of 'derm verify-gpu'.
# CUDA, TensorRT and NVRTC are found by LD_LIBRARY_PATH or where the system has them; Java is jre/ here, or JAVA_HOME's, or that in PATH.
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
exec "$here/derm.sh" verify-gpu "$@"
END
cat > "$out/derm.sh" <<'END'
#!/usr/bin/env bash
# Runs derm, without what needs video: derm.sh COMMAND ...
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
java=java
[ -n "${JAVA_HOME:-}" ] && java="$JAVA_HOME/bin/java"
[ -x "$here/jre/bin/java" ] && java="$here/jre/bin/java"
export ORT_DISABLE_TELEMETRY=1
terminal=false
[ -t 2 ] && terminal=true
exec "$java" -Xmx2g -XX:+UseSerialGC -XX:MaxDirectMemorySize=4g -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -Djava.awt.headless=true \
  -Dderm.terminal=$terminal ${DERM_JAVA_OPTIONS:-} -jar "$here/derm.jar" "$@"
END
chmod +x "$out/verify-gpu.sh" "$out/derm.sh"

if $with_jre; then
  "$jdk/bin/jlink" --add-modules java.se,jdk.unsupported,jdk.management --strip-debug --no-header-files --no-man-pages \
    --output "$out/jre"
fi
du -sm "$out" | awk '{print $1 " MiB in " $2}'
