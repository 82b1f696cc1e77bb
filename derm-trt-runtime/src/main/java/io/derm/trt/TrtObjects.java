package io.derm.trt;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Deletes objects of TensorRT. The presets bind no destructors: {@code close()} of a TensorRT object of theirs frees nothing
 * (bytedeco/javacpp-presets issue 1699). In the Itanium C++ ABI, which compilers on Linux keep to, the second slot of a virtual table is
 * the destructor that also frees, and JavaCPP has one native method that calls a function of one pointer by its address.
 */
final class TrtObjects {
    private static final int DELETING_DESTRUCTOR = 1;
    private static final MethodHandle CALL = Call.constructor();

    private TrtObjects() {}

    /** Deletes an object; none at all and a null pointer are let be. */
    static void delete(@Nullable Pointer object) {
        if (object == null || object.isNull()) {
            return;
        }
        long table = new LongPointer(new Call(object.address())).get();
        long destructor = new LongPointer(new Call(table)).get(DELETING_DESTRUCTOR);
        Call.call(destructor, object);
        object.setNull();
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
