package io.derm.trt;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Versions of JavaCPP and its presets on the class path, as their jars state them. A set is empty where the jar is missing or was repacked
 * without its metadata, and has several elements where jars of several versions are mixed. Immutable.
 */
record Presets(Set<String> javacpp, Set<String> cuda, Set<String> tensorrt) {
    static final String GROUP = "org.bytedeco";

    /** Where none is known. */
    static final Presets NONE = new Presets(Set.of(), Set.of(), Set.of());

    Presets {
        javacpp = Collections.unmodifiableSet(new TreeSet<>(javacpp));
        cuda = Collections.unmodifiableSet(new TreeSet<>(cuda));
        tensorrt = Collections.unmodifiableSet(new TreeSet<>(tensorrt));
    }

    /** Those that a class loader sees. */
    static Presets of(ClassLoader loader) throws IOException {
        return new Presets(versions(loader, "javacpp"), versions(loader, "cuda"), versions(loader, "tensorrt"));
    }

    private static Set<String> versions(ClassLoader loader, String artifact) throws IOException {
        Set<String> versions = new TreeSet<>();
        String name = "META-INF/maven/" + GROUP + "/" + artifact + "/pom.properties";
        for (URL url : Collections.list(loader.getResources(name))) {
            Properties properties = new Properties();
            try (InputStream in = url.openStream()) {
                properties.load(in);
            }
            String version = properties.getProperty("version");
            if (version != null) {
                versions.add(version);
            }
        }
        return versions;
    }

    /** Whether all are of one release of JavaCPP, whose version ends theirs: {@code 10.15-1.5.13} is of {@code 1.5.13}. */
    boolean consistent() {
        Set<String> releases = Stream.of(javacpp, cuda, tensorrt)
                .flatMap(Set::stream)
                .map(v -> v.substring(v.lastIndexOf('-') + 1))
                .collect(Collectors.toSet());
        return releases.size() <= 1 && javacpp.size() <= 1 && cuda.size() <= 1 && tensorrt.size() <= 1;
    }

    /** Maven coordinates of one of the jars. */
    static String coordinates(String artifact, Set<String> versions, String classifier) {
        return GROUP + ":" + artifact + ":" + (versions.isEmpty() ? "VERSION" : String.join("|", versions)) + ":"
                + classifier;
    }

    /** CUDA's version as its packages have it in their names: {@code 13-1} of {@code 13.1-9.19-1.5.13}. */
    String cudaPackages() {
        return cuda.size() != 1
                ? "VERSION"
                : cuda.iterator().next().split("-", -1)[0].replace('.', '-');
    }

    @Override
    public String toString() {
        return Stream.of(
                        List.of("javacpp", String.join(" and ", javacpp)),
                        List.of("cuda", String.join(" and ", cuda)),
                        List.of("tensorrt", String.join(" and ", tensorrt)))
                .filter(e -> !e.get(1).isEmpty())
                .map(e -> String.join(" ", e))
                .collect(Collectors.joining(", "));
    }
}
