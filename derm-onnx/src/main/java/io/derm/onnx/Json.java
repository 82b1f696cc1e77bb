package io.derm.onnx;

import java.util.Collection;
import java.util.Iterator;
import java.util.Map;

/** Writes maps, collections, strings, numbers and booleans as JSON, indented by two. */
final class Json {
    private Json() {}

    static String of(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, "", out);
        return out.append('\n').toString();
    }

    private static void write(Object value, String indent, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            Iterator<? extends Map.Entry<?, ?>> all = map.entrySet().iterator();
            out.append('{');
            while (all.hasNext()) {
                Map.Entry<?, ?> e = all.next();
                out.append('\n').append(indent).append("  ");
                quote(String.valueOf(e.getKey()), out);
                out.append(": ");
                write(e.getValue(), indent + "  ", out);
                out.append(all.hasNext() ? "," : "\n" + indent);
            }
            out.append('}');
        } else if (value instanceof Collection<?> list) {
            boolean plain = list.stream().allMatch(v -> v instanceof Number);
            Iterator<?> all = list.iterator();
            out.append('[');
            while (all.hasNext()) {
                if (!plain) {
                    out.append('\n').append(indent).append("  ");
                }
                write(all.next(), indent + "  ", out);
                out.append(all.hasNext() ? (plain ? ", " : ",") : plain ? "" : "\n" + indent);
            }
            out.append(']');
        } else if (value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            quote(String.valueOf(value), out);
        }
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7f || Character.isSurrogate(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
