"""Pictures: the simplex of three categories, its octant of the sphere, results.

Every function takes the axes to draw in (`ax`, made where it is left out) and
returns what it drew: an artist (its axes are `artist.axes`), axes or a figure.
Keywords it does not know go to matplotlib. Nothing changes matplotlib's global
settings or shows a window. Colours are those of Okabe and Ito, told apart by
colour-blind readers and in greyscale.

The modules: `simplex` and `octant`; balls and vector fields on both (`fields`),
densities (`density`), gradient flows (`descent`) and moving points (`animation`); maps
of the sphere (`sphere`); images and their flows (`images`), losses, spectra and metrics
(`results`), sequence logos (`logo`). All are offered here.
"""

from .animation import (
    animate_octant_flow,
    animate_simplex_flow,
    plot_octant_flow,
    plot_simplex_flow,
    save_animation,
)
from .density import plot_octant_density, plot_simplex_density
from .descent import (
    plot_descent_divergence,
    plot_descent_paths,
    plot_descent_slopes,
    plot_steepest_descent,
)
from .fields import (
    fisher_rao_circle,
    plot_octant_ball,
    plot_octant_field,
    plot_simplex_ball,
    plot_simplex_field,
    simplex_lattice,
)
from .images import (
    plot_flow_strip,
    plot_image_comparison,
    plot_image_grid,
)
from .logo import logo_heights, sequence_logo
from .octant import octant_axes, plot_octant_curve, plot_octant_points
from .results import (
    plot_kmer_scatter,
    plot_metric_dots,
    plot_training_curve,
)
from .simplex import (
    plot_simplex_curve,
    plot_simplex_geodesic,
    plot_simplex_points,
    simplex_axes,
    simplex_coordinates,
)
from .sphere import (
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
