package io.derm.trt;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.nvonnxparser.IParser;
import org.jspecify.annotations.Nullable;

/**
 * Deletes objects of TensorRT. The presets bind no destructors: {@code close()} of a TensorRT object of theirs frees nothing
 * (bytedeco/javacpp-presets issue 1699). In the Itanium C++ ABI, which compilers on Linux keep to, the second slot of a virtual table is
 * the destructor that also frees, and JavaCPP has one native method that calls a function of one pointer by its address.
 */
final class TrtObjects {
    private static final int DELETING_DESTRUCTOR = 1;
    /**
     * What NvOnnxParser.h declares in an {@code IParser} before its destructor: all of it from TensorRT 10.0 to 10.16, where the destructor that frees
     * is in slot 9, and all but two from 11.0 on, where it is in slot 7.
     */
    private static final List<String> BEFORE_THE_PARSERS_DESTRUCTORS = List.of(
            "parse",
            "parseFromFile",
            "supportsModel",
            "parseWithWeightDescriptors",
            "supportsOperator",
            "getNbErrors",
            "getError",
            "clearErrors");

    private static final MethodHandle CALL = Call.constructor();

    private TrtObjects() {}

    /** Deletes an object; none at all and a null pointer are let be. */
    static void delete(@Nullable Pointer object) {
        if (object == null || object.isNull()) {
            return;
        }
        long table = new LongPointer(new Call(object.address())).get();
        long destructor = new LongPointer(new Call(table)).get(deletingDestructor(object));
        Call.call(destructor, object);
        object.setNull();
    }

    /** Slot of the destructor that frees: after the methods declared before the destructors, which only a parser has. */
    private static int deletingDestructor(Pointer object) {
        if (!(object instanceof IParser)) {
            return DELETING_DESTRUCTOR;
        }
        Set<String> methods =
                Arrays.stream(IParser.class.getMethods()).map(Method::getName).collect(Collectors.toSet());
        return (int) BEFORE_THE_PARSERS_DESTRUCTORS.stream()
                        .filter(methods::contains)
                        .count()
                + DELETING_DESTRUCTOR;
    }

    /** Gives access to what JavaCPP keeps for subclasses. */
    private static final class Call extends Pointer {
        private Call(long address) {
            this.address = address;
        }

        // The type is protected and its method public; only the constructor is closed to subclasses.
        private static MethodHandle constructor() {
            try {
                Constructor<NativeDeallocator> constructor =
                        NativeDeallocator.class.getDeclaredConstructor(Pointer.class, long.class, long.class);
                constructor.setAccessible(true);
                return MethodHandles.lookup().unreflectConstructor(constructor);
            } catch (ReflectiveOperationException | RuntimeException e) {
                throw new LinkageError("JavaCPP has no NativeDeallocator(Pointer, long, long)", e);
            }
        }

        private static void call(long function, Pointer argument) {
            NativeDeallocator call;
            try {
                call = (NativeDeallocator) CALL.invoke(argument, argument.address(), function);
            } catch (Throwable e) {
                throw new LinkageError("JavaCPP's NativeDeallocator cannot be made", e);
            }
            call.deallocate();
        }
    }
}
