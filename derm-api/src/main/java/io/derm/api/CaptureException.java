package io.derm.api;

import org.jspecify.annotations.Nullable;

/** A source cannot be opened or read, or a recording cannot be written. Ids DERM-201 to 299. */
public class CaptureException extends DermException {
    private static final long serialVersionUID = 1L;

    public CaptureException(int number, String found, String remedy, @Nullable Throwable cause) {
        super(number, found, remedy, cause);
    }

    public CaptureException(int number, String found, String remedy) {
        super(number, found, remedy);
    }
}
