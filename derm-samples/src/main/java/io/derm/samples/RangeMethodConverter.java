package io.derm.samples;

import io.derm.onnx.RangeMethod;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Names of range methods as the command line has them: {@code min-max}. */
final class RangeMethodConverter implements ITypeConverter<RangeMethod> {
    @Override
    public RangeMethod convert(String value) {
        return Arrays.stream(RangeMethod.values())
                .filter(m -> name(m).equals(value.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("'" + value + "', expected "
                        + Arrays.stream(RangeMethod.values())
                                .map(RangeMethodConverter::name)
                                .collect(Collectors.joining(", "))));
    }

    static String name(RangeMethod method) {
        return method.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
