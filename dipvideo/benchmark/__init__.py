"""Measurements that a reader can repeat: each writes a table, its numbers as JSON, and a picture."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "options": ["ColdOptions", "FaithfulOptions", "LayersOptions", "PapersOptions", "QualityOptions",
                    "ReferenceOptions", "ScalingOptions", "SpeedOptions", "SurvivalOptions", "WarmStartOptions"],
        "cold": ["measure_cold"],
        "reference": ["measure_reference"],
        "speed": ["measure_speed"],
        "scaling": ["measure_scaling"],
        "survival": ["measure_survival"],
        "faithful": ["measure_faithful"],
        "layers": ["measure_layers", "write_layers"],
        "papers": ["measure_papers", "write_papers"],
        "warm_start": ["measure_warm_start", "summarise", "write_warm_start"],
        "quality": ["measure_quality"],
        "report": ["write_cold", "write_faithful", "write_quality", "write_reference", "write_scaling", "write_speed",
                   "write_survival"],
    },
)
