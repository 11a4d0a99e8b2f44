"""Networks: the U-Net backbone, heads, the fixed encoder, CFA layouts of tensors."""
