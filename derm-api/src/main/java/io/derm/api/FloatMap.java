package io.derm.api;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Floats by key, in the order of the keys: a map as small as an array, for the few classes of a model. Numbers are boxed when they are
 * asked for; keys are looked up one by one. Immutable.
 */
final class FloatMap<K> extends AbstractMap<K, Float> {
    private final List<K> keys;
    private final float[] values;

    /**
     * Takes both as they are.
     *
     * @param keys an immutable list of different keys
     * @param values as many numbers, which nobody writes to any more
     */
    FloatMap(List<K> keys, float[] values) {
        this.keys = keys;
        this.values = values;
    }

    static <K> FloatMap<K> copyOf(Map<K, Float> map) {
        if (map instanceof FloatMap<K> already) {
            return already;
        }
        List<K> keys = List.copyOf(map.keySet());
        float[] values = new float[keys.size()];
        int i = 0;
        for (float value : map.values()) {
            values[i++] = value;
        }
        return new FloatMap<>(keys, values);
    }

    /** The number of a key, 0 if there is none. */
    float value(Object key) {
        int i = indexOf(key);
        return i < 0 ? 0 : values[i];
    }

    private int indexOf(@Nullable Object key) {
        for (int i = 0; i < values.length; i++) {
            if (keys.get(i).equals(key)) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public @Nullable Float get(@Nullable Object key) {
        int i = indexOf(key);
        return i < 0 ? null : (Float) values[i];
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return indexOf(key) >= 0;
    }

    @Override
    public int size() {
        return values.length;
    }

    @Override
    public Set<Entry<K, Float>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public int size() {
                return values.length;
            }

            @Override
            public Iterator<Entry<K, Float>> iterator() {
                return new Iterator<>() {
                    private int next;

                    @Override
                    public boolean hasNext() {
                        return next < values.length;
                    }

                    @Override
                    public Entry<K, Float> next() {
                        if (!hasNext()) {
                            throw new NoSuchElementException();
                        }
                        Entry<K, Float> entry = Map.entry(keys.get(next), values[next]);
                        next++;
                        return entry;
                    }
                };
            }
        };
    }
}
