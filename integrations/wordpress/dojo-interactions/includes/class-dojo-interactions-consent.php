<?php
/**
 * Whether the visitor agreed.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * Consent for statistics: from the WP Consent API, or from a setting on sites without it.
 */
final class Dojo_Interactions_Consent {

	const CATEGORY = 'statistics';

	/**
	 * Tells the WP Consent API that this plugin asks it, and which cookie it sets.
	 */
	public static function register(): void {
		add_filter( 'wp_consent_api_registered_' . plugin_basename( DOJO_INTERACTIONS_FILE ), '__return_true' );
		Dojo_Interactions_Guard::on( 'init', array( __CLASS__, 'describe_cookie' ), 0 );
	}

	/**
	 * Whether a consent plugin answers.
	 */
	public static function is_asked(): bool {
		return function_exists( 'wp_has_consent' );
	}

	/**
	 * Whether the visitor of this request agreed.
	 */
	public static function is_given(): bool {
		return self::is_asked() ? (bool) wp_has_consent( self::CATEGORY ) : Dojo_Interactions_Settings::assumes_consent();
	}

	/**
	 * Adds our cookie to the list that consent plugins show.
	 */
	public static function describe_cookie(): void {
		if ( ! function_exists( 'wp_add_cookie_info' ) ) {
			return;
		}
		wp_add_cookie_info(
			Dojo_Interactions_Visitor::COOKIE,
			__( 'Dojo Interactions', 'dojo-interactions' ),
			self::CATEGORY,
			__( '1 year', 'dojo-interactions' ),
			__( 'Recognizes a visitor, so that visits and purchases can be counted.', 'dojo-interactions' )
		);
	}
}
