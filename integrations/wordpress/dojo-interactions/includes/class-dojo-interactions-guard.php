<?php
/**
 * Keeps errors of this plugin away from the site's pages.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * Whatever goes wrong here is a line in WordPress's debug log, and never a broken page.
 */
final class Dojo_Interactions_Guard {

	/**
	 * Hooks a callback to an action; what it throws is logged.
	 *
	 * @param string   $hook     The action.
	 * @param callable $callback What to call.
	 * @param int      $accepted How many arguments it takes.
	 * @param int      $priority When it is called.
	 */
	public static function on( string $hook, callable $callback, int $accepted = 1, int $priority = 10 ): void {
		add_action(
			$hook,
			static function ( ...$arguments ) use ( $hook, $callback ) {
				try {
					call_user_func_array( $callback, $arguments );
				} catch ( Throwable $error ) {
					self::log( $hook . ': ' . get_class( $error ) . ' in ' . basename( $error->getFile() ) . ':' . $error->getLine() . ': ' . $error->getMessage() );
				}
			},
			$priority,
			$accepted
		);
	}

	/**
	 * Writes a line to the debug log where the site keeps one.
	 *
	 * @param string $line A sentence without personal data.
	 */
	public static function log( string $line ): void {
		if ( defined( 'WP_DEBUG_LOG' ) && WP_DEBUG_LOG ) {
			// The debug log is where a site's administrator looks, and only where they turned it on.
			error_log( 'Dojo Interactions: ' . $line ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions.error_log_error_log
		}
	}
}
