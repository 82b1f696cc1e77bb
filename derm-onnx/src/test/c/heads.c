/* Writes what the references in io/derm/onnx hold: the heads of a darknet network and its detections. Link against AlexeyAB/darknet's
   libdarknet.so: heads CFG WEIGHTS RGB THRESHOLD > REFERENCE. RGB is raw, of the network's size. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "darknet.h"

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int out = dup(1); /* darknet prints to stdout as it loads */
    dup2(open("/dev/null", O_WRONLY), 1);
    network *net = load_network_custom(argv[1], argv[2], 0, 1);
    int w = net->w, h = net->h;
    unsigned char *rgb = malloc(3 * w * h);
    FILE *f = fopen(argv[3], "rb");
    if (!f || fread(rgb, 1, 3 * w * h, f) != 3 * w * h) return 3;
    float *x = malloc(3 * w * h * sizeof(float));
    for (int i = 0; i < w * h; i++)
        for (int c = 0; c < 3; c++) x[c * w * h + i] = rgb[3 * i + c] / 255.f;
    network_predict(*net, x);
    FILE *to = fdopen(out, "w");
    fprintf(to, "threshold %s\n", argv[4]);
    for (int i = 0; i < net->n; i++) {
        if (net->layers[i].type != YOLO) continue;
        layer p = net->layers[i - 1];
        float largest = 0;
        for (int k = 0; k < p.outputs; k++) largest = fmax(largest, fabs(p.output[k]));
        fprintf(to, "head %d %d %d %.9g\n", p.out_c, p.out_h, p.out_w, largest);
        for (int k = 0; k < 40; k++) {
            int at = (int)((long)k * 7919 % p.outputs);
            fprintf(to, "%d %.9g\n", at, p.output[at]);
        }
    }
    float threshold = atof(argv[4]);
    layer last = net->layers[net->n - 1];
    int n = 0;
    detection *d = get_network_boxes(net, w, h, threshold, .5, 0, 1, &n, 0);
    if (last.nms_kind == DEFAULT_NMS) do_nms_sort(d, n, last.classes, .45);
    else diounms_sort(d, n, last.classes, .45, last.nms_kind, last.beta_nms);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < last.classes; k++)
            if (d[i].prob[k] > threshold)
                fprintf(to, "box %d %.6f %.4f %.4f %.4f %.4f\n", k, d[i].prob[k], (d[i].bbox.x - d[i].bbox.w / 2) * w,
                        (d[i].bbox.y - d[i].bbox.h / 2) * h, (d[i].bbox.x + d[i].bbox.w / 2) * w,
                        (d[i].bbox.y + d[i].bbox.h / 2) * h);
    fclose(to);
    return 0;
}
