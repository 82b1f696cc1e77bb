package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;

/**
 * The weights of a convolution or matrix product in symmetric 8 bits, a scale for each output channel or one for all, with the bias in int32
 * at the scale of the products. Never compared.
 *
 * @param levels signed, 0 standing for 0
 * @param dims of the weights
 * @param scales one a channel, or one
 * @param bias at input scale times weight scale; empty if there is none
 * @param biasScales one a channel
 */
@SuppressWarnings("ArrayRecordComponent")
record QuantisedWeight(byte[] levels, long[] dims, float[] scales, int[] bias, float[] biasScales) {
    private static final float LEAST = 1e-10f;
    /** Room for the products that are added to a bias in 32 bits. */
    private static final double MAX_BIAS = 1 << 30;

    /**
     * Rounds weights.
     *
     * @param top the largest level, e.g. 127
     * @param byChannel whether the first side is that of the output channels and each gets a scale
     * @param smallest the least scale of a channel, unless one scale for all channels would be under it too
     * @param inputScale step of the input; not used where there is no bias
     */
    static QuantisedWeight of(
            float[] w, long[] dims, int top, boolean byChannel, float smallest, float[] bias, float inputScale) {
        int channels = byChannel ? (int) dims[0] : 1;
        int each = w.length / Math.max(1, channels);
        float[] scales = new float[channels];
        byte[] levels = new byte[w.length];
        float[] largest = new float[channels];
        float largestOfAll = 0;
        for (int c = 0; c < channels; c++) {
            for (int i = c * each; i < (c + 1) * each; i++) {
                largest[c] = Math.max(largest[c], Math.abs(w[i]));
            }
            largestOfAll = Math.max(largestOfAll, largest[c]);
        }
        double leastOfAll = largestOfAll / (double) top < smallest ? LEAST : Math.max(LEAST, smallest);
        for (int c = 0; c < channels; c++) {
            double least = leastOfAll;
            for (int b = byChannel ? c : 0; b < (byChannel ? Math.min(c + 1, bias.length) : bias.length); b++) {
                least = Math.max(least, Math.abs(bias[b]) / (inputScale * MAX_BIAS));
            }
            scales[c] = (float) Math.max(largest[c] / (double) top, least);
            for (int i = c * each; i < (c + 1) * each; i++) {
                levels[i] = (byte) Math.max(-top, Math.min(top, Math.round(w[i] / scales[c])));
            }
        }
        int[] rounded = new int[bias.length];
        float[] biasScales = new float[byChannel ? bias.length : Math.min(1, bias.length)];
        for (int b = 0; b < bias.length; b++) {
            float scale = inputScale * scales[byChannel ? b : 0];
            biasScales[byChannel ? b : 0] = scale;
            rounded[b] = (int) Math.rint(bias[b] / (double) scale);
        }
        return new QuantisedWeight(levels, dims, scales, rounded, biasScales);
    }

    /** Adds the levels with what dequantises them; returns the name of the dequantised weights. */
    String writeWeights(GraphEditor graph, List<NodeProto> nodes, String name) {
        long[] sides = scales.length > 1 ? new long[] {scales.length} : new long[0];
        String q = graph.add(TensorBytes.byteTensor(name + ".q", DataType.INT8, levels, dims));
        String scale = graph.add(TensorBytes.floatTensor(name + ".scale", scales, sides));
        String point =
                graph.add(TensorBytes.byteTensor(name + ".zero_point", DataType.INT8, new byte[scales.length], sides));
        return dequantise(graph, nodes, name, List.of(q, scale, point), sides.length > 0);
    }

    /** Adds the bias with what dequantises it; returns the name of the dequantised bias. */
    String writeBias(GraphEditor graph, List<NodeProto> nodes, String name) {
        long[] sides = biasScales.length > 1 ? new long[] {biasScales.length} : new long[0];
        String q = graph.add(TensorBytes.intTensor(name + ".q", bias, bias.length));
        String scale = graph.add(TensorBytes.floatTensor(name + ".scale", biasScales, sides));
        String point = graph.add(TensorBytes.intTensor(name + ".zero_point", new int[biasScales.length], sides));
        return dequantise(graph, nodes, name, List.of(q, scale, point), sides.length > 0);
    }

    private static String dequantise(
            GraphEditor graph, List<NodeProto> nodes, String name, List<String> inputs, boolean byChannel) {
        String out = graph.fresh(name + ".dq");
        NodeProto.Builder node = NodeProto.newBuilder()
                .setOpType("DequantizeLinear")
                .setName(out)
                .addAllInput(inputs)
                .addOutput(out);
        if (byChannel) {
            node.addAttribute(Attributes.integer("axis", 0));
        }
        nodes.add(node.build());
        return out;
    }
}
