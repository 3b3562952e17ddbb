"""Measurements that a reader can repeat: each writes a table, its numbers as JSON, and a picture."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "options": ["FaithfulOptions", "QualityOptions", "ScalingOptions", "SpeedOptions", "SurvivalOptions",
                    "WarmStartOptions"],
        "speed": ["measure_speed"],
        "scaling": ["measure_scaling"],
        "survival": ["measure_survival"],
        "faithful": ["measure_faithful"],
        "warm_start": ["measure_warm_start", "write_warm_start"],
        "quality": ["measure_quality"],
        "report": ["write_faithful", "write_quality", "write_scaling", "write_speed", "write_survival"],
    },
)
