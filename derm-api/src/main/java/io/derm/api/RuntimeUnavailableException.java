package io.derm.api;

import org.jspecify.annotations.Nullable;

/** An inference runtime does not work on this machine. Ids DERM-301 to 399. */
public class RuntimeUnavailableException extends DermException {
    private static final long serialVersionUID = 1L;

    public RuntimeUnavailableException(int number, String found, String remedy, @Nullable Throwable cause) {
        super(number, found, remedy, cause);
    }

    public RuntimeUnavailableException(int number, String found, String remedy) {
        super(number, found, remedy);
    }
}
