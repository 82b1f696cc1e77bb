package io.derm.trt;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The CUDA C++ of this module's kernels. Immutable.
 *
 * @param text of one file that includes nothing
 * @param sha256 of the text in UTF-8, hexadecimal: what a cubin of it can be kept under
 */
record KernelSource(String text, String sha256) {
    /** Regions of a frame to a tensor; told by {@link ImageJob}. */
    static final String IMAGE = "derm_image";
    /** Rows of an output over a threshold; told by {@link RowJob}. */
    static final String ROWS = "derm_rows";
    /** {@code (const unsigned short* halves, float* floats, int n)}: float16 to float32; {@link Launch#row}. */
    static final String WIDEN = "derm_widen";

    private static final String RESOURCE = "kernels.cu";

    /** Reads the source out of the jar. */
    static KernelSource load() {
        try (InputStream in = KernelSource.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not in the jar of derm-trt-runtime");
            }
            return of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static KernelSource of(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return new KernelSource(text, HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
