"""Measurements that a reader can repeat: each writes a table, its numbers as JSON, and a picture."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "options": ["FaithfulOptions", "PapersOptions", "QualityOptions", "SpeedOptions", "WarmStartOptions"],
        "speed": ["measure_speed"],
        "faithful": ["measure_faithful"],
        "papers": ["measure_papers", "write_papers"],
        "warm_start": ["measure_warm_start", "write_warm_start"],
        "quality": ["measure_quality"],
        "report": ["write_faithful", "write_quality", "write_speed"],
    },
)
