"""Measurements that a reader can repeat: each writes a table, its numbers as JSON, and a picture."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "options": ["FaithfulOptions", "LayersOptions", "QualityOptions", "SpeedOptions", "WarmStartOptions"],
        "speed": ["measure_speed"],
        "faithful": ["measure_faithful"],
        "layers": ["measure_layers", "write_layers"],
        "warm_start": ["measure_warm_start", "write_warm_start"],
        "quality": ["measure_quality"],
        "report": ["write_faithful", "write_quality", "write_speed"],
    },
)
