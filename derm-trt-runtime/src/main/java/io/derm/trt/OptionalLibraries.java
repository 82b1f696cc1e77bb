package io.derm.trt;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.cudnn;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * cuBLAS and cuDNN, which the presets of TensorRT load before TensorRT although it links neither: more than a gigabyte that a device need not
 * carry. Where one does not load, JavaCPP is told that its bindings are loaded, with a library that is. They then have no native methods, and
 * calling one throws {@link UnsatisfiedLinkError} as it would have before. In JavaCPP's cache of unpacked libraries a link stands in for the
 * bindings' own, until a process that has cuBLAS or cuDNN unpacks it again. Nothing else that uses JavaCPP is touched.
 */
final class OptionalLibraries {
    private static final Logger LOG = LoggerFactory.getLogger(OptionalLibraries.class);

    private OptionalLibraries() {}

    /** Has to run before the first class of TensorRT's bindings is initialised. */
    static void replaceAbsent() {
        replaceIfAbsent(cublas.class, "jnicublas");
        replaceIfAbsent(cudnn.class, "jnicudnn");
    }

    // The class is never initialised here: if that failed once it would fail for good.
    private static void replaceIfAbsent(Class<?> bindings, String glue) {
        ClassProperties properties = Loader.loadProperties(bindings, Loader.loadProperties(), true);
        List<String> libraries = new ArrayList<>(properties.get("platform.preload"));
        libraries.addAll(properties.get("platform.link"));
        for (String library : libraries) {
            try {
                Loader.loadLibrary(bindings, Loader.findLibrary(bindings, properties, library), library);
            } catch (UnsatisfiedLinkError e) {
                // Not each of them is needed: the bindings' own library tells.
            }
        }
        try {
            Loader.loadLibrary(bindings, Loader.findLibrary(bindings, properties, glue), glue);
        } catch (UnsatisfiedLinkError e) {
            LOG.debug("Goes on without {}: {}", glue, e.getMessage());
            Loader.loadLibrary(bindings, new URL[] {loaded()}, glue);
        }
    }

    private static URL loaded() {
        try {
            return new File(Loader.load(cudart.class)).toURI().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }
}
