package io.derm.samples.wiring;

import com.google.inject.Injector;
import com.google.inject.ProvisionException;

/** Takes parts out of an injector. */
public final class Parts {
    private Parts() {}

    /** Makes a part; what went wrong is thrown as it is rather than in Guice's wrapping. */
    public static <T> T get(Injector injector, Class<T> type) {
        try {
            return injector.getInstance(type);
        } catch (ProvisionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
