"""What tasks ask and the engine answers: `base` is the contract, each other file one kind of question."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={"base": ["TURNS", "Codes", "Estimate", "HeldOut", "Problem", "Rehearsal", "tensor", "turned"],
                  "fill": ["FillProblem", "feathered"],
                  "denoise": ["DenoiseProblem", "Probe"],
                  "early": ["EarlyProblem"],
                  "enlarge": ["EnlargeProblem", "resized"],
                  "guided": ["GuidedProblem"],
                  "haze": ["HazeProblem"],
                  "layers": ["LayersProblem"],
                  "mixture": ["MixtureProblem"],
                  "moved": ["Moved"],
                  "thin": ["ThinProblem", "is_thin"]},
)
