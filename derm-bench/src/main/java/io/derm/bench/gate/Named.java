package io.derm.bench.gate;

import io.derm.api.DermException;
import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Objects;
import java.util.ServiceLoader;

/**
 * Implementations by name: {@code com.acme.AcmeDetector} is made by its public constructor, {@code com.acme.Acme#open} by that public static
 * method, {@code AcmeDetector} is a {@link ServiceLoader}'s provider of that simple name. Constructor and method take no parameters, or the
 * runtime and the session options to run in, which is tried first.
 */
final class Named {
    private static final Class<?>[] SESSION = {InferenceRuntime.class, SessionOptions.class};

    private Named() {}

    static <T> T make(Class<T> type, String name, InferenceRuntime runtime, SessionOptions options) {
        try {
            if (!name.contains(".") && !name.contains("#")) {
                return provider(type, name);
            }
            Object[] arguments = {runtime, options};
            int method = name.indexOf('#');
            Class<?> owner =
                    Class.forName(method < 0 ? name : name.substring(0, method), true, Named.class.getClassLoader());
            return type.cast(
                    method < 0 ? construct(owner, arguments) : call(owner, name.substring(method + 1), arguments));
        } catch (InvocationTargetException e) {
            throw failure(type, name, e.getCause() == null ? e : e.getCause());
        } catch (ReflectiveOperationException | LinkageError | ClassCastException e) {
            throw failure(type, name, e);
        }
    }

    private static <T> T provider(Class<T> type, String name) throws ClassNotFoundException {
        return ServiceLoader.load(type).stream()
                .filter(p -> p.type().getSimpleName().equals(name))
                .findFirst()
                .orElseThrow(() -> new ClassNotFoundException("no provider " + name + " of " + type.getName()))
                .get();
    }

    private static Object construct(Class<?> owner, Object[] arguments) throws ReflectiveOperationException {
        for (Constructor<?> c : owner.getConstructors()) {
            if (Arrays.equals(c.getParameterTypes(), SESSION)) {
                return c.newInstance(arguments);
            }
        }
        return owner.getConstructor().newInstance();
    }

    private static Object call(Class<?> owner, String name, Object[] arguments) throws ReflectiveOperationException {
        for (Method m : owner.getMethods()) {
            if (m.getName().equals(name)
                    && Modifier.isStatic(m.getModifiers())
                    && Arrays.equals(m.getParameterTypes(), SESSION)) {
                return Objects.requireNonNull(m.invoke(null, arguments));
            }
        }
        Method plain = owner.getMethod(name);
        if (!Modifier.isStatic(plain.getModifiers())) {
            throw new NoSuchMethodException(name + " is not static");
        }
        return Objects.requireNonNull(plain.invoke(null));
    }

    private static DermException failure(Class<?> type, String name, Throwable cause) {
        if (cause instanceof DermException derm) {
            return derm;
        }
        return new DermException(
                703,
                type.getSimpleName() + " " + name + " cannot be made: " + cause
                        + ", expected a public class or #method",
                "Put it on the class path, with a public constructor or static method that takes nothing, or"
                        + " (InferenceRuntime, SessionOptions).",
                cause);
    }
}
