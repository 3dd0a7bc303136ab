"""xuequ 学区: the digital education of a Chinese school district."""

__version__ = "0.1.0"
