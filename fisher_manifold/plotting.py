"""Pictures of the simplex of three categories and of its octant of the sphere.

Every function takes the axes to draw in (`ax`, made where it is left out) and
returns what it drew: an artist (its axes are `artist.axes`), axes or a figure.
Keywords it does not know go to matplotlib. Nothing changes matplotlib's global
settings or shows a window. Colours are those of Okabe and Ito, told apart by
colour-blind readers and in greyscale. Pictures of the simplex live in
`plotting_simplex`, of the octant in `plotting_octant`, of balls and fields on both in
`plotting_fields`, of densities in `plotting_density`, of gradient flows in
`plotting_descent`, maps of the sphere in `plotting_sphere`, of images and flows of them
in `plotting_images`, of results (losses, spectra, metrics) in `plotting_results`,
moving points on triangle and octant in `plotting_animation`, sequence logos in
`plotting_logo`; all are offered here.
"""

from .plotting_animation import (
    animate_octant_flow,
    animate_simplex_flow,
    plot_octant_flow,
    plot_simplex_flow,
    save_animation,
)
from .plotting_density import plot_octant_density, plot_simplex_density
from .plotting_descent import (
    plot_descent_divergence,
    plot_descent_paths,
    plot_descent_slopes,
    plot_steepest_descent,
)
from .plotting_fields import (
    fisher_rao_circle,
    plot_octant_ball,
    plot_octant_field,
    plot_simplex_ball,
    plot_simplex_field,
    simplex_lattice,
)
from .plotting_images import (
    plot_flow_strip,
    plot_image_comparison,
    plot_image_grid,
)
from .plotting_logo import logo_heights, sequence_logo
from .plotting_octant import octant_axes, plot_octant_curve, plot_octant_points
from .plotting_results import (
    plot_kmer_scatter,
    plot_metric_dots,
    plot_training_curve,
)
from .plotting_simplex import (
    plot_simplex_curve,
    plot_simplex_geodesic,
    plot_simplex_points,
    simplex_axes,
    simplex_coordinates,
)
from .plotting_sphere import (
    plot_sphere_curve,
    plot_sphere_density,
    plot_sphere_points,
    sphere_map_axes,
    sphere_map_grid,
)

__all__ = [
    "animate_octant_flow",
    "animate_simplex_flow",
    "fisher_rao_circle",
    "logo_heights",
    "octant_axes",
    "plot_descent_divergence",
    "plot_descent_paths",
    "plot_descent_slopes",
    "plot_flow_strip",
    "plot_image_comparison",
    "plot_image_grid",
    "plot_kmer_scatter",
    "plot_metric_dots",
    "plot_octant_ball",
    "plot_octant_curve",
    "plot_octant_density",
    "plot_octant_field",
    "plot_octant_flow",
    "plot_octant_points",
    "plot_simplex_ball",
    "plot_simplex_curve",
    "plot_simplex_density",
    "plot_simplex_field",
    "plot_simplex_flow",
    "plot_simplex_geodesic",
    "plot_simplex_points",
    "plot_sphere_curve",
    "plot_sphere_density",
    "plot_sphere_points",
    "plot_steepest_descent",
    "plot_training_curve",
    "save_animation",
    "sequence_logo",
    "simplex_axes",
    "simplex_coordinates",
    "simplex_lattice",
    "sphere_map_axes",
    "sphere_map_grid",
]
