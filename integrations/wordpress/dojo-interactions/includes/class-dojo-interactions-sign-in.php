<?php
/**
 * Joins visitor and user.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * Says once for each pair that a visitor is a user. Pages name visitors alone, as their HTML may be cached.
 */
final class Dojo_Interactions_Sign_In {

	/** The visitor with whom a user was last seen, in the user's meta data. */
	const META = 'dojo_interactions_visitor';

	/**
	 * Hooks up.
	 */
	public static function register(): void {
		Dojo_Interactions_Guard::on( 'wp_login', array( __CLASS__, 'signed_in' ), 2 );
		Dojo_Interactions_Guard::on( 'template_redirect', array( __CLASS__, 'seen' ), 0 );
		Dojo_Interactions_Guard::on( 'wp_logout', array( 'Dojo_Interactions_Visitor', 'forget' ), 0 );
	}

	/**
	 * Somebody signs in.
	 *
	 * @param string  $name The user's name.
	 * @param WP_User $user The user.
	 */
	public static function signed_in( string $name, WP_User $user ): void {
		self::join( (int) $user->ID );
	}

	/**
	 * Somebody who was signed in before looks at a page.
	 */
	public static function seen(): void {
		self::join( get_current_user_id() );
	}

	/**
	 * Sends the pair unless it is the last one that was sent for the user.
	 *
	 * @param int $user The user; 0 for nobody.
	 */
	private static function join( int $user ): void {
		$visitor = $user > 0 ? Dojo_Interactions_Visitor::id() : '';
		if ( '' === $visitor || get_user_meta( $user, self::META, true ) === $visitor ) {
			return;
		}
		update_user_meta( $user, self::META, $visitor );
		$uuid   = 'wordpress:sign-in:' . substr( hash( 'sha256', home_url() . ' ' . $user . ' ' . $visitor ), 0, 32 );
		$fields = array( 'custom_action_name' => 'sign_in' ) + Dojo_Interactions_Record::who( $user, $visitor );
		Dojo_Interactions_Queue::add( $fields + Dojo_Interactions_Record::of_visitor( 'custom', array(), $uuid ) );
	}
}
