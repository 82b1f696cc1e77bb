package io.derm.api;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Tensors by name, in a model's order.
 *
 * @param list the tensors
 */
public record Tensors(List<Tensor> list) {
    public Tensors {
        list = List.copyOf(list);
    }

    public static Tensors of(Tensor... tensors) {
        return new Tensors(List.of(tensors));
    }

    /**
     * The tensor of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Tensor get(String name) {
        for (Tensor t : list) {
            if (t.name().equals(name)) {
                return t;
            }
        }
        throw new IllegalArgumentException("No tensor is named '" + name + "', there are "
                + list.stream().map(Tensor::name).collect(Collectors.joining(", ")));
    }

    public Tensor get(int index) {
        return list.get(index);
    }

    public int size() {
        return list.size();
    }
}
