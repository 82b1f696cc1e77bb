package io.derm.api.contract;

/**
 * {@code y = 2 x + 1} on float32 [N,3,8,8], opset 17: a Mul and an Add with scalar initialisers, as made by
 * {@code onnx.helper}.
 */
final class AffineModel {
    static final String BASE64 =
            "CAgSBGRlcm06pAEKGgoFaW5wdXQKA3R3bxIHZG91YmxlZCIDTXVsChsKB2RvdWJsZWQKA29uZRIGb3V0cHV0IgNB"
                    + "ZGQSBmFmZmluZSoNEAFCA3R3b0oEAAAAQCoNEAFCA29uZUoEAACAP1ogCgVpbnB1dBIXChUIARIRCgMSAU4KAggD"
                    + "CgIICAoCCAhiIQoGb3V0cHV0EhcKFQgBEhEKAxIBTgoCCAMKAggICgIICEIECgAQEXITCglkZXJtLm5hbWUSBmFm"
                    + "ZmluZQ==";

    /** The same with the {@code doubled} between the two for a second output of the same shape. */
    static final String WITH_DOUBLED_BASE64 =
            "CAgSBGRlcm06yAEKGgoFaW5wdXQKA3R3bxIHZG91YmxlZCIDTXVsChsKB2RvdWJsZWQKA29uZRIGb3V0cHV0IgNB"
                    + "ZGQSBmFmZmluZSoNEAFCA3R3b0oEAAAAQCoNEAFCA29uZUoEAACAP1ogCgVpbnB1dBIXChUIARIRCgMSAU4KAggD"
                    + "CgIICAoCCAhiIQoGb3V0cHV0EhcKFQgBEhEKAxIBTgoCCAMKAggICgIICGIiCgdkb3VibGVkEhcKFQgBEhEKAxIB"
                    + "TgoCCAMKAggICgIICEIECgAQEXITCglkZXJtLm5hbWUSBmFmZmluZQ==";

    private AffineModel() {}
}
